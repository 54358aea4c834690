// The certified OpenID provider of npm, with one client and its built-in pages to log in and consent.
// node server.mjs <port> <redirect uri>, beside node_modules

import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "our-client", client_secret: "our-secret", redirect_uris: [redirectUri] }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: "Ann" }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
