import { fileURLToPath } from "node:url";

import ts from "typescript";
import { expect, test } from "vitest";

import * as main from "../src";

const ENTRIES = ["index", "account", "browser", "past"].map((name) =>
  fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url)),
);
const INNER = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

const program = ts.createProgram(ENTRIES, {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
});
const checker = program.getTypeChecker();

function exported(): ts.Symbol[] {
  return ENTRIES.flatMap((entry) => {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    return module ? checker.getExportsOfModule(module) : [];
  }).map((symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );
}

function isSaid(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

/** What users of a class may touch. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const declared = symbol.declarations?.find(ts.isClassDeclaration);
  return (declared?.members ?? [])
    .filter((member) => !(ts.getCombinedModifierFlags(member) & INNER))
    .map((member) => member.name && checker.getSymbolAtLocation(member.name))
    .filter((member) => member !== undefined);
}

test("everything that is exported, and each member of a class, says what it is", () => {
  const all = exported();

  const unsaid = all.filter((symbol) => !isSaid(symbol)).map(({ name }) => name);
  const members = all.flatMap((symbol) =>
    membersOf(symbol)
      .filter((member) => !isSaid(member))
      .map(({ name }) => `${symbol.name}.${name}`),
  );

  expect([...unsaid, ...members]).toEqual([]);
  expect(all.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["ChatClient", "Account", "browserEnvironment", "Past"]),
  );
});

test("the main entry has what a page takes from it, and none of the parts behind it", () => {
  expect(Object.keys(main).sort()).toEqual(["Api", "ApiError", "ChatClient", "Room", "STATUSES"]);
});
