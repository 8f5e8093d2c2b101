import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    sequence: { shuffle: true },
    // A budget for the whole of each test: everything here is logic without waiting.
    testTimeout: 5_000,
  },
});
