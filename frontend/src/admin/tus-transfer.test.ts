import { expect, test } from "vitest";
import { idOf, metadataOf } from "./tus-transfer";

test("the server is told what was wished, and nothing that was not", () => {
  const wish = { title: " Été ", description: "", category: "", publish: false };
  expect(metadataOf("é.mp4", wish)).toEqual({ filename: "é.mp4", title: "Été", publish: "false" });
  expect(metadataOf("a.mp4", { ...wish, description: "Two\nlines", category: "7", publish: true })).toEqual({
    filename: "a.mp4", title: "Été", publish: "true", description: "Two\nlines", category_id: "7",
  });
  expect(metadataOf("b.mp4", { ...wish, replaces: 12 })).toMatchObject({ filename: "b.mp4", replaces: "12" });
});

test("an upload is called by the end of its address", () => {
  expect([idOf("/api/uploads/0123"), idOf("http://host:9001/api/uploads/0123")]).toEqual(["0123", "0123"]);
});
