"""Bearer tokens: sessions, refresh-token families and the reader of `Authorization: Bearer`.

A login starts a session; the session row decides, at every request, whether its tokens are still valid. One line in
`format.py` selects the kind of access token. Flows that log in call `service.start_session()`.

service.py   start, refresh, end, list        bearer.py    the reader that methods register
header.py    the token in the header          sessions.py  what a lookup returns
models.py    Session                          router.py    logout, revoke (RFC 7009), sessions
oauth.py     forms and errors of OAuth        commands.py  ending sessions, for operators
mails.py     what is written to users         format.py    the kind of access token
"""
