import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { call, client, forgetCsrfToken } from "./client";

interface Call {
  path: string;
  method: string;
  csrf: string | null;
}

let calls: Call[] = [];
const assign = vi.fn();

function server(answer: (call: Call) => [number, unknown]): void {
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    const call = { path, method: init.method ?? "GET", csrf: new Headers(init.headers).get("X-CSRF-Token") };
    calls.push(call);
    const [status, body] = answer(call);
    return new Response(JSON.stringify(body), { status });
  });
}

beforeEach(() => {
  calls = [];
  assign.mockReset();
  forgetCsrfToken();
  vi.stubGlobal("location", { pathname: "/video/7", search: "", assign });
});
afterEach(() => vi.unstubAllGlobals());

test("reading needs no token, changing fetches it once", async () => {
  server(({ path }) => (path.endsWith("csrf-token") ? [200, { csrf_token: "t1" }] : [200, { ok: true }]));
  await client.get("/api/videos");
  await client.post("/api/videos/1/publish");
  await client.delete("/api/videos/1");
  expect(calls.map(({ method, csrf }) => [method, csrf])).toEqual([
    ["GET", null], ["GET", null], ["POST", "t1"], ["DELETE", "t1"],
  ]);
});

test("a stale token is renewed once", async () => {
  let issued = 0;
  server(({ path, csrf }) => {
    if (path.endsWith("csrf-token")) return [200, { csrf_token: `t${(issued += 1)}` }];
    return csrf === "t2" ? [200, { ok: true }] : [403, { detail: "Token." }];
  });
  await expect(client.post("/api/videos/1/publish")).resolves.toEqual({ ok: true });
});

test("a token that could not be fetched is asked for again", async () => {
  let broken = true;
  server(({ path }) => {
    if (!path.endsWith("csrf-token")) return [200, { ok: true }];
    return broken ? [503, { detail: "Restarting." }] : [200, { csrf_token: "t" }];
  });
  await expect(client.post("/x")).rejects.toMatchObject({ status: 503 });
  broken = false;
  await expect(client.post("/x")).resolves.toEqual({ ok: true });
});

test("a refusal that stays is an error, not a loop", async () => {
  server(({ path }) => (path.endsWith("csrf-token") ? [200, { csrf_token: "t" }] : [403, { detail: "No." }]));
  await expect(client.post("/x")).rejects.toMatchObject({ status: 403, message: "No." });
  expect(calls.filter(({ path }) => path === "/x")).toHaveLength(2);
});

test("an ended session leads to the login page and back", async () => {
  server(() => [401, {}]);
  await expect(client.get("/api/videos/7")).rejects.toMatchObject({ status: 401 });
  expect(assign).toHaveBeenCalledWith("/login?next=%2Fvideo%2F7");
});

test("an operation is asked for by its name in the contract", async () => {
  server(({ path }) => (path.endsWith("csrf-token") ? [200, { csrf_token: "t" }] : [200, {}]));
  await call("GET /api/videos", { query: { search: "a b", cursor: null, limit: 5 } });
  await call("PUT /api/videos/{video_id}", { path: { video_id: 7 }, body: { title: "New" } });
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /api/videos?search=a+b&limit=5", "GET /api/auth/csrf-token", "PUT /api/videos/7",
  ]);
});

test("a wrong field is refused by the compiler", () => {
  const never = (): unknown => [
    // @ts-expect-error There is no such field to send.
    call("PUT /api/videos/{video_id}", { path: { video_id: 7 }, body: { titel: "New" } }),
    // @ts-expect-error The path wants the video.
    call("DELETE /api/videos/{video_id}"),
    // @ts-expect-error There is no such operation.
    call("GET /api/videos/all"),
    // @ts-expect-error There is no such field in the answer.
    call("GET /api/videos").then(({ videos }) => videos[0]?.titel),
  ];
  expect(never).toBeTypeOf("function");
});
