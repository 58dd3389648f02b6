// Reads objects that operators bring (HTTPRoute, ScaledObject …) as a JSON list from its input, and
// writes a line for each that is wrong. Their validators know values and miss fields that there are
// not; the types of TypeScript know those. So both are asked.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PACKAGES = {
  "external-secrets.io": "external-secrets",
  "gateway.networking.k8s.io": "gateway-api",
  "keda.sh": "keda",
  "monitoring.coreos.com": "prometheus-operator",
  "postgresql.cnpg.io": "cloudnative-pg",
};
const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};

const objects = JSON.parse(readFileSync(0, "utf8"));
const sources = new Map(
  objects.map((object, at) => [join(import.meta.dirname, `${at}.ts`), object]),
);
for (const object of objects) {
  for (const problem of await values(object)) tell(object, problem);
}
for (const { file, messageText } of fields()) {
  tell(sources.get(file.fileName), ts.flattenDiagnosticMessageText(messageText, " "));
}

function tell(object, problem) {
  console.log(`${object.kind} ${object.metadata.name}: ${problem}`);
}

function moduleOf(object) {
  const [group] = object.apiVersion.split("/");
  return `@kubernetes-models/${PACKAGES[group]}/${object.apiVersion}/${object.kind}`;
}

async function values(object) {
  try {
    const models = await import(moduleOf(object));
    new models[object.kind](object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

function fields() {
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.getSourceFile = (path, target) =>
    sources.has(path)
      ? ts.createSourceFile(path, textOf(sources.get(path)), target)
      : getSourceFile(path, target);
  return ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], OPTIONS, host));
}

function textOf(object) {
  const type = `I${object.kind}`;
  return `import type { ${type} } from "${moduleOf(object)}";
export const object: ${type} = ${JSON.stringify(object, null, 1)};`;
}
