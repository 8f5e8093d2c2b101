import { expect, test } from "vitest";
import { TransferRate } from "./transfer-rate";

test("nothing is claimed before a second has passed", () => {
  const rate = new TransferRate();
  rate.add(0, 0);
  rate.add(900, 900_000);
  expect(rate.bytesPerSecond()).toBeNull();
  expect(rate.secondsFor(1)).toBeNull();
});

test("the rate follows the last seconds, not the whole transfer", () => {
  const rate = new TransferRate(4000);
  for (let second = 0; second <= 10; second += 1) rate.add(second * 1000, second * 1_000_000);
  for (let second = 11; second <= 20; second += 1) rate.add(second * 1000, 10_000_000 + (second - 10) * 100_000);
  expect(rate.bytesPerSecond()).toBeCloseTo(100_000);
  expect(rate.secondsFor(500_000)).toBeCloseTo(5);
});

test("a stalled transfer has no end in sight", () => {
  const rate = new TransferRate(3000);
  for (let second = 0; second <= 10; second += 1) rate.add(second * 1000, 5);
  expect(rate.secondsFor(100)).toBeNull();
});
