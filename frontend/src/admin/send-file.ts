import { ApiError, problemOf } from "../shared/api";
import { csrfToken, forgetCsrfToken } from "./client";
import type { Uploaded } from "./shapes";

export interface UploadRequest {
  file: File;
  title: string;
  description: string;
  categoryId: number | null;
  publish: boolean;
}

/** The form as the server reads it: what it must know first comes first, the file last. */
export function formOf({ file, title, description, categoryId, publish }: UploadRequest): FormData {
  const form = new FormData();
  form.append("title", title);
  form.append("description", description);
  if (categoryId !== null) form.append("category_id", String(categoryId));
  form.append("published", String(publish));
  form.append("file", file, file.name);
  return form;
}

/** Sends one file and reports the bytes that went out. Aborting the signal ends it; it then throws an AbortError. */
export async function sendFile(upload: UploadRequest, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Uploaded> {
  // A fresh token: a login in another tab changes it, and gigabytes are too dear to be refused at their end.
  forgetCsrfToken();
  const token = await csrfToken();
  // fetch() cannot report upload progress; XMLHttpRequest can.
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", "/api/videos");
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("X-CSRF-Token", token);
    xhr.responseType = "json";
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as Uploaded);
      else reject(new ApiError(xhr.status, problemOf(xhr.response)));
    };
    xhr.onerror = () => reject(new ApiError(0, { detail: "The connection broke during the upload." }));
    xhr.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => xhr.abort(), { once: true });
    if (signal.aborted) reject(new DOMException("Cancelled", "AbortError"));
    else xhr.send(formOf(upload));
  });
}
