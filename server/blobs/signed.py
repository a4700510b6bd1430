"""The few requests to S3 that obstore has no call for: versions of objects, unfinished uploads, and their end.

Signed with AWS Signature Version 4, sent with the standard library; blocks, so call it in a thread. Answers are XML of at most 8 MB.
Some storages know no versions: then what is listed plainly is all there is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from server.blobs.blobs import Failed

TIMEOUT_S = 10.0
TRIES = 3
MOST_ANSWER_BYTES = 8 * 1024 * 1024
AT_ONCE = 1000  # the most that S3 answers with, and takes
_EMPTY = hashlib.sha256(b"").hexdigest()


class Version(NamedTuple):
    key: str
    version: str
    is_latest: bool


class NoVersions(Exception):
    """This storage does not know versions."""


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """Where a bucket is, and who asks. `endpoint` without a slash at its end; the bucket stands in the path."""

    endpoint: str
    bucket: str
    region: str
    key_id: str
    secret: str


class Signed:
    def __init__(self, place: Place) -> None:
        self._place = place

    def versions(self, prefix: str) -> Iterator[Version]:
        """Of all objects whose keys begin so, marks of their deletion too. Raises Failed, NoVersions."""
        query: dict[str, str] = {"versions": "", "prefix": prefix, "max-keys": str(AT_ONCE)}
        while True:
            root = self._ask("GET", query)
            for element in root:
                if _name(element) in ("Version", "DeleteMarker"):
                    yield Version(_text(element, "Key"), _text(element, "VersionId") or "null", _text(element, "IsLatest") == "true")
            if _text(root, "IsTruncated") != "true":
                return
            query |= {"key-marker": _text(root, "NextKeyMarker"), "version-id-marker": _text(root, "NextVersionIdMarker")}

    def delete(self, versions: list[Version]) -> None:
        """Raises Failed, then some may be left."""
        for start in range(0, len(versions), AT_ONCE):
            objects = "".join(
                f"<Object><Key>{escape(each.key)}</Key><VersionId>{escape(each.version)}</VersionId></Object>"
                for each in versions[start : start + AT_ONCE]
            )
            body = f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>{objects}</Delete>'.encode()
            root = self._ask("POST", {"delete": ""}, body=body)
            errors = [_text(element, "Code") for element in root if _name(element) == "Error"]
            if any(code not in ("NoSuchVersion", "NoSuchKey") for code in errors):
                raise Failed(f"{len(errors)} objects could not be deleted: {errors[0]}")

    def end_uploads(self, prefix: str, chosen: Callable[[str], bool]) -> int:
        """Those that were never finished. How many there were. Raises Failed."""
        found: list[tuple[str, str]] = []
        query: dict[str, str] = {"uploads": "", "prefix": prefix}
        while True:
            root = self._ask("GET", query)
            found += [(_text(each, "Key"), _text(each, "UploadId")) for each in root if _name(each) == "Upload"]
            if _text(root, "IsTruncated") != "true":
                break
            query |= {"key-marker": _text(root, "NextKeyMarker"), "upload-id-marker": _text(root, "NextUploadIdMarker")}
        found = [(key, upload) for key, upload in found if key.startswith(prefix) and chosen(key)]
        for key, upload in found:
            self._ask("DELETE", {"uploadId": upload}, key=key, missing_is_fine=True)
        return len(found)

    def _ask(
        self, method: str, query: Mapping[str, str], *, key: str = "", body: bytes = b"", missing_is_fine: bool = False
    ) -> ElementTree.Element:
        why = ""
        for _ in range(TRIES):
            try:
                status, answer = self._send(method, query, key, body)
            except (OSError, http.client.HTTPException) as error:
                why = type(error).__name__
                continue
            if status == 501 and "versions" in query:
                raise NoVersions
            if status // 100 == 2 or (status == 404 and missing_is_fine):
                return _parse(answer)
            why = f"it answered {status}"
            if status // 100 == 4:
                break
        raise Failed(why)

    def _send(self, method: str, query: Mapping[str, str], key: str, body: bytes) -> tuple[int, bytes]:
        place, address = self._place, urlsplit(self._place.endpoint)
        path = quote(f"{address.path}/{place.bucket}" + (f"/{key}" if key else ""), safe="/-_.~")
        text = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
        headers = signature(place, method, address.netloc, path, text, body, datetime.now(UTC))
        connection = (
            http.client.HTTPSConnection(address.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context())
            if address.scheme == "https"
            else http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_S)
        )
        try:
            connection.request(method, f"{path}?{text}", body=body or None, headers=headers)
            response = connection.getresponse()
            return response.status, response.read(MOST_ANSWER_BYTES)
        finally:
            connection.close()


def signature(place: Place, method: str, host: str, path: str, query: str, body: bytes, now: datetime) -> dict[str, str]:
    """Headers of a request that the storage takes for one of ours."""
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(body).hexdigest() if body else _EMPTY
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
    if body:
        headers["content-md5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{day}/{place.region}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{place.secret}".encode()
    for word in (day, place.region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    sealed = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={place.key_id}/{scope}, SignedHeaders={names}, Signature={sealed}"
    return headers


def _parse(answer: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer) if answer.strip() else ElementTree.Element("Nothing")
    except ElementTree.ParseError as error:
        raise Failed("its answer is no XML") from error


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, name: str) -> str:
    return next((child.text or "" for child in element if _name(child) == name), "")
