import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const CONDITIONS = ["@parley/source", ...defaultServerConditions];

export default defineConfig({
  resolve: { conditions: CONDITIONS },
  ssr: { resolve: { conditions: CONDITIONS } },
  test: {
    include: ["sdk/test/**/*.test.ts", "app/test/**/*.test.{ts,tsx}"],
    sequence: { shuffle: true },
    // A slow machine fails no test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
