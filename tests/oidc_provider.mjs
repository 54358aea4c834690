// The certified OpenID provider of npm, with one client and its built-in pages to log in and consent.
// node oidc_provider.mjs <folder with node_modules> <port> <redirect uri>

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port, redirectUri] = process.argv.slice(2);
const entry = createRequire(`${folder}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(entry));

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
