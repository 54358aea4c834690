"""Sign in with Google, GitHub and others: the authorization code flow with PKCE (RFC 6749, 7636, 9700; OpenID Connect).

    start      a one-time transaction, bound to the browser by a cookie  ->  303 to the provider
    callback   transaction taken  ->  code exchanged, identity proved    ->  303 back, a one-time code behind `#`
    token      the front end's verifier opens the code                   ->  tokens of our own; or a link, with a token

Nobody is logged in by following a link: the last step needs the verifier whose challenge the front end sent first. An
identity is (issuer, subject), never an address.

providers/      one file each              provider.py   what a provider is, and how it fails
openid.py       discovery and ID tokens    outbound.py   every call that leaves
transaction.py  a login under way          flow.py       start and callback
service.py      accounts and identities    page.*        a page to try it, in development

To remove a provider, delete its file, its test, and its import and name in `providers/__init__.py`. To remove all of
it, delete this folder, its tests, its settings, and its lines in `auth/methods.py` and `api.py`; then `poe migration
"drop social identities"`. `deptry .` says what `pyproject.toml` can do without.
"""
