"""S3-compatible storage: whole objects of one bucket, by the MinIO client (path-style: every such server knows it).

Calls have a deadline and are never repeated; what fails is ``ServiceUnavailable`` with the name of the store.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.error import MinioException, S3Error

from infra.chassis.http import FAILURES, beginning, closing_client, deadline
from infra.chassis.refusals import ServiceUnavailable
from infra.chassis.settings import SettingMissing

SILENCE = 10.0  # seconds without a word
WITHIN = 60.0  # seconds for a whole call: the largest paper over a slow line
LONGEST_OBJECT = 1 << 27
ONE_PART = 5 << 30  # an object is put in one request, whole or not at all
Keys = tuple[str, str]  # access key, secret
ABSENT = frozenset({"NoSuchKey", "NoSuchObject"})


class ObjectStorage:
    """One bucket. ``service``: what a refusal names when nothing answers.

    ``keys``: access key and secret as the settings have them now; they are exchanged in their files while this runs.
    """

    def __init__(
        self, bucket: str, endpoint: str, region: str, keys: Callable[[], Keys], service: str = "object storage"
    ) -> None:
        self.bucket, self.endpoint, self.region = bucket, urlsplit(endpoint), region
        self.service, self._keys_now, self._keys = service, keys, keys()

    @classmethod
    def at(cls, place: str, *, keys: Callable[[], Keys], service: str = "object storage") -> Self:
        """``place``: ``s3://bucket/…?endpoint=https://storage.example&region=us-east-1``."""
        parsed = urlsplit(place)
        options = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        endpoint = options.get("endpoint", "https://s3.amazonaws.com")
        return cls(parsed.netloc, endpoint, options.get("region", "us-east-1"), keys, service)

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

    def _current_keys(self) -> Keys:
        with suppress(SettingMissing):  # a file is being exchanged at this moment: those of before
            self._keys = self._keys_now()
        return self._keys

    @contextmanager
    def _client(self) -> Iterator[Minio]:
        access_key, secret_key = self._current_keys()
        try:
            with deadline(WITHIN, silence=SILENCE), closing_client() as calls:
                client = Minio(
                    self.endpoint.netloc,
                    access_key=access_key,
                    secret_key=secret_key,
                    region=self.region,
                    secure=self.endpoint.scheme == "https",
                    http_client=calls,
                )
                client.disable_virtual_style_endpoint()
                yield client
        except (MinioException, ParseError, ValueError, *FAILURES) as error:
            raise ServiceUnavailable(service=self.service) from error
