import { expect, test } from "vitest";
import { inboxLine, isLost } from "./inbox";
import type { InboxFile } from "./upload-shapes";

const file: InboxFile = {
  name: "a.mp4", state: "waiting", size_bytes: 1_500_000, video_id: null, slug: null, title: null, video_status: null, error_code: null,
  error_message: null, first_seen_at: "", changed_at: "",
};

test("a file in the inbox says why it is still there", () => {
  expect(inboxLine(file, 10)).toBe("1.5 MB · taken when it has stood still for 10 s");
  expect(inboxLine({ ...file, state: "failed", error_message: "The file is empty." }, 10)).toBe("The file is empty.");
  expect(inboxLine({ ...file, state: "accepted" }, 10)).toBe("1.5 MB");
  const lost: InboxFile = { ...file, state: "accepted", video_status: "failed", error_message: "This is no video." };
  expect([inboxLine(lost, 10), isLost(lost), isLost(file)]).toEqual(["This is no video.", true, false]);
  expect(inboxLine({ ...file, state: "taking" }, 10)).toBe("1.5 MB");
  expect(inboxLine({ ...file, state: "taking", error_message: "The disk is slow." }, 10)).toBe(
    "The disk is slow. It is tried again.",
  );
});
