// Builds sdk/dist, which is what `npm pack` packs of the SDK: a module and its types for each source, and
// the licence of the repository.
//
//   node scripts/build-sdk.mjs
//
// The sources say `./client`, as bundlers like it. Browsers, Node and TypeScript's own `nodenext` want the
// name of a file, so here it becomes `./client.js`. sdk/src/generated has to be there: `npm run generate`.
import { spawnSync } from "node:child_process";
import { copyFile, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const WEB = new URL("../", import.meta.url);
const DIST = new URL("sdk/dist/", WEB);
const TSC = fileURLToPath(new URL("node_modules/typescript/bin/tsc", WEB));
const WRITTEN = /\.(?:js|d\.ts)$/;
const RELATIVE = /(\bfrom |\bimport\()"(\.\.?\/[^"]+)"/g;

await rm(DIST, { recursive: true, force: true });
const emitting = ["--emitDeclarationOnly", "false", "--sourceMap", "--inlineSources"];
const anew = ["--composite", "false", "--incremental", "false", "--tsBuildInfoFile", "null"];
const { status } = spawnSync(
  process.execPath,
  [TSC, "--project", "sdk", "--outDir", fileURLToPath(DIST), "--declaration", ...emitting, ...anew],
  { cwd: WEB, stdio: "inherit" },
);
if (status !== 0) process.exit(1);
await copyFile(new URL("../../LICENSE", WEB), new URL("LICENSE", DIST));

for (const name of await readdir(DIST, { recursive: true })) {
  if (!WRITTEN.test(name)) continue;
  const file = new URL(name, DIST);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replaceAll(RELATIVE, '$1"$2.js"'));
}
