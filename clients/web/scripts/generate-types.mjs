// Makes sdk/src/generated/{client,server,frames,statuses}.ts out of the JSON Schemas of the frames
// and the table of the states of a message.
//
//   python -m services.chat.frames.schema | node scripts/generate-types.mjs
//   node scripts/generate-types.mjs frames.json
//
// The input is {"client": schema, "server": schema, "statuses": {state: look}}. A schema is a tagged
// union with its definitions under `$defs` or `components.schemas`, as msgspec writes them. Client
// and server get a module each: both sides have a `Typing`, and the two differ.
import { mkdir, readFile, writeFile } from "node:fs/promises";

import { compile } from "json-schema-to-typescript";

const OUT = new URL("../sdk/src/generated/", import.meta.url);
const BANNER = "/* Generated from what the server itself says, by scripts/generate-types.mjs. */";
const UNIONS = { client: "ClientFrame", server: "ServerFrame" };
const MEANINGS = {
  ClientFrame: "Everything that a client may say.",
  ServerFrame: "Everything that the server says.",
};

/** Bring the definitions of a schema, and the references to them, under `$defs`. */
function normalized(schema, all) {
  const { $defs, components, ...union } = schema;
  const definitions = $defs ?? components?.schemas ?? all.$defs ?? all.components?.schemas ?? {};
  const text = JSON.stringify({ ...union, $defs: definitions });
  return JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/"));
}

/** A member with a default is always there in what the *server* writes, null or not. */
function complete(schema) {
  for (const definition of Object.values(schema.$defs)) {
    const written = Object.entries(definition.properties ?? {});
    const always = written.filter(([, member]) => "default" in member).map(([name]) => name);
    definition.required = [...new Set([...(definition.required ?? []), ...always])];
  }
  return schema;
}

async function moduleOf(schema, name) {
  const described = { ...schema, title: name, description: MEANINGS[name] };
  const types = await compile(described, name, {
    additionalProperties: false,
    bannerComment: BANNER,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 100 },
  });
  if (!types.includes(`export type ${name} =`)) throw new Error(`No union ${name} came out.`);
  return types;
}

const source = process.argv[2] ?? "/dev/stdin";
const schemas = JSON.parse(await readFile(source, "utf8"));
await mkdir(OUT, { recursive: true });
for (const [side, name] of Object.entries(UNIONS)) {
  if (schemas[side] === undefined) throw new Error(`${source} has no schema called "${side}".`);
  const schema = normalized(schemas[side], schemas);
  const whole = side === "server" ? complete(schema) : schema;
  await writeFile(new URL(`${side}.ts`, OUT), await moduleOf(whole, name));
}
await writeFile(
  new URL("frames.ts", OUT),
  `${BANNER}\nexport type { ClientFrame } from "./client";\nexport type { ServerFrame } from "./server";\n`,
);

const { statuses } = schemas;
if (statuses === undefined) throw new Error(`${source} has no table of statuses.`);
await writeFile(
  new URL("statuses.ts", OUT),
  `${BANNER}\n/** What each state of a message is called, and how it is drawn. */\n` +
    `export const STATUSES = ${JSON.stringify(statuses, null, 2)} as const;\n\n` +
    "/** How far a message has come, as its sender sees it. */\n" +
    "export type Status = keyof typeof STATUSES;\n",
);
