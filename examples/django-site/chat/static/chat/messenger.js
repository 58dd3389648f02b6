// A link to Parley's own page, on which this site's user is signed in.

import { askToken } from "./parley.js";

const link = document.querySelector("#messenger");

link?.addEventListener("click", async (event) => {
  event.preventDefault();
  const token = await askToken();
  // It cannot be read what Parley answers to a page of another origin; its cookies are kept.
  await fetch(new URL("/api/chat/auth/exchange", link.href), {
    method: "POST",
    mode: "no-cors",
    credentials: "include",
    referrerPolicy: "origin",
    body: JSON.stringify({ token, cookie: true }),
  });
  location.assign(link.href);
});
