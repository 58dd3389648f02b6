import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

// The page has to live under a Content-Security-Policy without `unsafe-inline`: nothing is inlined
// into the HTML and no asset becomes a data: address.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  build: {
    outDir: fileURLToPath(new URL("../dist", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
  },
});
