import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build, defaultClientConditions, defineConfig } from "vite";
import type { Plugin } from "vite";

import type { Shell } from "./worker/shell";

const HERE = new URL(".", import.meta.url);
const PUBLIC = new URL("public/", HERE);

/** Builds the service worker, and tells it of every file that the page is made of. */
function serviceWorker(): Plugin {
  return {
    name: "parley-service-worker",
    apply: "build",
    enforce: "post",
    async generateBundle(_, bundle) {
      const contents = new Map<string, string | Uint8Array>();
      for (const file of Object.values(bundle))
        contents.set(file.fileName, file.type === "chunk" ? file.code : file.source);
      for (const name of await readdir(PUBLIC))
        contents.set(name, await readFile(new URL(name, PUBLIC)));
      const names = [...contents.keys()].sort();
      const hash = createHash("sha256");
      for (const name of names) hash.update(name).update(contents.get(name) ?? "");
      const shell: Shell = {
        version: hash.digest("hex").slice(0, 16),
        files: names.map((name) => (name === "index.html" ? "/" : `/${name}`)),
      };
      this.emitFile({ type: "asset", fileName: "worker.js", source: await workerWith(shell) });
    },
  };
}

async function workerWith(shell: Shell): Promise<string> {
  const built = await build({
    configFile: false,
    root: fileURLToPath(HERE),
    publicDir: false,
    logLevel: "error",
    define: { SHELL: JSON.stringify(shell) },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: fileURLToPath(new URL("worker/worker.ts", HERE)) },
    },
  });
  const [{ output }] = [built].flat() as unknown as [{ output: [{ code: string }] }];
  return output[0].code;
}

// The page has to live under a Content-Security-Policy without `unsafe-inline`: nothing is inlined
// into the HTML and no asset becomes a data: address.
export default defineConfig({
  root: fileURLToPath(HERE),
  plugins: [serviceWorker()],
  // The SDK as it is written, not as it is packed.
  resolve: { conditions: ["@parley/source", ...defaultClientConditions] },
  build: {
    outDir: fileURLToPath(new URL("../dist", HERE)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    // Older ones would need light-dark() to be rewritten, and then follow the device alone.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
  },
});
