"""S3-compatible storage: whole objects of one bucket, by the MinIO client (path-style: every such server knows it).

Calls have a deadline and are never repeated; what fails is ``ServiceUnavailable`` with the name of the store.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.error import MinioException, S3Error

from infra.chassis.http import FAILURES, beginning, closing_client, deadline
from infra.chassis.refusals import ServiceUnavailable

SILENCE = 10.0  # seconds without a word
WITHIN = 60.0  # seconds for a whole call: the largest paper over a slow line
LONGEST_OBJECT = 1 << 27
ONE_PART = 5 << 30  # an object is put in one request, whole or not at all
ABSENT = frozenset({"NoSuchKey", "NoSuchObject"})


class ObjectStorage:
    """One bucket. ``service``: what a refusal names when nothing answers."""

    def __init__(
        self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str, service: str = "object storage"
    ) -> None:
        self.bucket, self.endpoint, self.region = bucket, urlsplit(endpoint), region
        self.access_key, self.secret_key, self.service = access_key, secret_key, service

    @classmethod
    def at(cls, place: str, *, access_key: str, secret_key: str, service: str = "object storage") -> Self:
        """``place``: ``s3://bucket/…?endpoint=https://storage.example&region=us-east-1``."""
        parsed = urlsplit(place)
        options = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        endpoint = options.get("endpoint", "https://s3.amazonaws.com")
        return cls(parsed.netloc, endpoint, options.get("region", "us-east-1"), access_key, secret_key, service)

    def read(self, name: str) -> bytes | None:
        """The object; None when there is none."""
        with self._client() as client:
            try:
                response = client.get_object(self.bucket, name)
            except S3Error as error:
                if error.code in ABSENT:
                    return None
                raise
            return beginning(response, LONGEST_OBJECT)

    def write(self, name: str, content: bytes) -> None:
        with self._client() as client:
            client.put_object(self.bucket, name, io.BytesIO(content), len(content), part_size=ONE_PART)

    def has(self, name: str) -> bool:
        with self._client() as client:
            try:
                client.stat_object(self.bucket, name)
            except S3Error as error:
                if error.code in ABSENT:
                    return False
                raise
            return True

    def remove(self, name: str) -> None:
        """Gone for good; one that is not there is no failure."""
        with self._client() as client:
            client.remove_object(self.bucket, name)

    @contextmanager
    def _client(self) -> Iterator[Minio]:
        try:
            with deadline(WITHIN, silence=SILENCE), closing_client() as calls:
                client = Minio(
                    self.endpoint.netloc,
                    access_key=self.access_key,
                    secret_key=self.secret_key,
                    region=self.region,
                    secure=self.endpoint.scheme == "https",
                    http_client=calls,
                )
                client.disable_virtual_style_endpoint()
                yield client
        except (MinioException, ParseError, ValueError, *FAILURES) as error:
            raise ServiceUnavailable(service=self.service) from error
