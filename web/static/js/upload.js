// Sends files with progress, which fetch cannot tell. Knows no page.

/** @typedef {{ ok: boolean, status: number, message: string }} Sent `message`: why the server refused, in words; "" if it did not say */

/**
 * @param {string} url
 * @param {Iterable<File>} files
 * @param {(share: number) => void} progressed from 0 to 1
 * @returns {Promise<Sent>} never rejects; status 0 if the server was not reached
 */
export function upload(url, files, progressed) {
  const body = new FormData();
  for (const file of files) body.append("slides", file, file.name);
  const request = new XMLHttpRequest();
  return new Promise((sent) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => progressed(total ? loaded / total : 0));
    request.addEventListener("loadend", () => {
      const { status } = request;
      sent({ ok: status >= 200 && status < 300, status, message: messageOf(request.responseText) });
    });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

/** @param {string} text */
function messageOf(text) {
  try {
    return String(JSON.parse(text)?.message ?? "");
  } catch {
    return "";
  }
}
