import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["sdk/test/**/*.test.ts", "app/test/**/*.test.{ts,tsx}"],
    sequence: { shuffle: true },
    // A slow machine fails no test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
