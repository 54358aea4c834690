"use strict";
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const say = (text) => (document.getElementById("says").textContent = text);

async function begin(provider) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem("verifier", verifier);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({ next: location.pathname, code_challenge: base64url(new Uint8Array(digest)) });
  location.assign(`${provider}/login?${query}`);
}

async function finish(code) {
  const body = JSON.stringify({ code, code_verifier: sessionStorage.getItem("verifier") ?? "" });
  sessionStorage.removeItem("verifier");
  const opened = await fetch("token", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const tokens = await opened.json();
  if (!opened.ok) return say(tokens.detail);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const me = await (await fetch("/users/me", { headers })).json();
  say("You are signed in. GET /users/me says:");
  document.getElementById("me").textContent = JSON.stringify(me, null, 2);
  document.getElementById("access").textContent = tokens.access_token;
}

for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", () => begin(button.dataset.provider));
}
const found = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
if (found.has("code")) finish(found.get("code"));
if (found.has("error")) say(found.get("error"));
