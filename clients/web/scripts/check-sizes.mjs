// Fails the build where the page, or the SDK alone, has outgrown what a first visit may load.
//
//   vite build app && node scripts/check-sizes.mjs
//
// Sizes are of what goes over the wire: minified and compressed. The page's first load is every
// script that dist/index.html names and those that they import statically; what is only imported
// when it is wanted does not count. The SDK is bundled for this alone: the client by itself, and with
// what it uses of the browser (and idb, which that needs). Decision 0033 says why as much as this.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build, parseAst } from "vite";

const KB = 1000;
const PAGE_KB = 60;
const CLIENT_KB = 14;
const SDK_KB = 17;
const SHOWN_MODULES = 8;
const ENTRY = "virtual:entry";

const WEB = new URL("../", import.meta.url);
const DIST = new URL("dist/", WEB);
const SCRIPT = /<script\b[^>]*\bsrc="\/([^"]+\.js)"/g;

function kilobytes(code) {
  return gzipSync(code, { level: 9 }).length / KB;
}

/** The addresses that a module imports whenever it is loaded itself. */
function staticImports(code) {
  return parseAst(code)
    .body.map((statement) => statement.source?.value)
    .filter((source) => source?.startsWith("."));
}

/** Every script of the first load, by its address. */
async function firstLoad() {
  const page = await readFile(new URL("index.html", DIST), "utf8");
  const waiting = [...page.matchAll(SCRIPT)].map(([, path]) => new URL(path, DIST));
  if (waiting.length === 0) throw new Error("dist/index.html loads no script.");
  const scripts = new Map();
  for (const url of waiting) {
    if (scripts.has(url.href)) continue;
    const code = await readFile(url, "utf8");
    scripts.set(url.href, code);
    waiting.push(...staticImports(code).map((source) => new URL(source, url)));
  }
  return scripts;
}

/** Some of the SDK as one file, and how much each of its modules is before it is compressed. */
async function bundled(...entries) {
  const { output } = await build({
    configFile: false,
    root: fileURLToPath(WEB),
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: false,
      // Not `lib`: for that Vite leaves the white space in.
      rolldownOptions: {
        input: ENTRY,
        preserveEntrySignatures: "strict",
      },
    },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) =>
          id === ENTRY
            ? entries.map((entry) => `export * from "/sdk/src/${entry}";`).join("")
            : null,
      },
    ],
  });
  const [chunk] = output;
  return { code: chunk.code, modules: chunk.modules };
}

function biggest(modules) {
  return Object.entries(modules)
    .map(([path, { renderedLength }]) => [path.split("/").slice(-2).join("/"), renderedLength])
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN_MODULES)
    .map(([name, length]) => `  ${name}: ${(length / KB).toFixed(1)} kB before it is minified`);
}

const scripts = await firstLoad();
const pageKb = [...scripts.values()].map(kilobytes).reduce((sum, each) => sum + each, 0);
const client = await bundled("index.ts");
const sdk = await bundled("index.ts", "browser.ts");
const clientKb = kilobytes(client.code);
const sdkKb = kilobytes(sdk.code);
process.stdout.write(
  `first load ${pageKb.toFixed(1)} kB of ${PAGE_KB}, the SDK ${sdkKb.toFixed(1)} of ${SDK_KB}, ` +
    `without what is the browser's ${clientKb.toFixed(1)} of ${CLIENT_KB}\n`,
);

const complaints = [];
if (pageKb > PAGE_KB)
  complaints.push(
    `The page's first load is ${pageKb.toFixed(1)} kB of compressed scripts; ` +
      `it may be ${PAGE_KB}. Import what the first view does not need where it is needed.`,
  );
if (clientKb > CLIENT_KB || sdkKb > SDK_KB)
  complaints.push("The SDK is too large. Its biggest modules:", ...biggest(sdk.modules));
if (complaints.length > 0) {
  process.stderr.write(`${complaints.join("\n")}\n`);
  process.exit(1);
}
