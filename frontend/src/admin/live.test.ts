import { expect, test } from "vitest";
import { reconnectDelay } from "./live";

test("attempts back off to half a minute and spread by a quarter", () => {
  expect(reconnectDelay(0, 0.5)).toBe(1000);
  expect(reconnectDelay(3, 0.5)).toBe(8000);
  expect(reconnectDelay(20, 0.5)).toBe(30_000);
  expect(reconnectDelay(0, 0)).toBe(750);
  expect(reconnectDelay(0, 1)).toBe(1250);
});
