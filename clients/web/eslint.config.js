import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/dist", "**/generated", "**/*.js", "**/*.mjs", "**/*.config.ts"]),
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    // The seams stay seams: clock, randomness, network and storage come in from outside.
    files: ["sdk/src/**"],
    ignores: ["sdk/src/browser.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        "setTimeout",
        "setInterval",
        "fetch",
        "WebSocket",
        "localStorage",
        "indexedDB",
        "window",
        "document",
        "crypto",
        "Date",
      ],
    },
  },
);
