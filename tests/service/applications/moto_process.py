"""A third party's S3 as a process of its own: `moto`'s server, which checks signatures with those botocore makes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import requests

from tests.support.local_servers import free_port, listening

REGION = "us-east-1"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
READY_WITHIN = 240  # seconds


@contextlib.contextmanager
def moto_server(log: Path, bucket: str) -> Iterator[tuple[str, str, str]]:
    """Its address, and the access and secret key of somebody who may use ``bucket``; nobody else is admitted."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as log_file:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=log_file, stderr=log_file)
        try:
            until = time.monotonic() + READY_WITHIN
            while not listening(port):
                assert server.poll() is None and time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            access, secret = _opened_account(address, bucket)
            # Until now everything was admitted; from here on signature and rights of every request are checked.
            requests.post(f"{address}/moto-api/reset-auth", data="0", timeout=60).raise_for_status()
            yield address, access, secret
        finally:
            server.terminate()
            server.wait(60)


def _opened_account(address: str, bucket: str) -> tuple[str, str]:
    anyone = {"endpoint_url": address, "region_name": REGION, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    people = boto3.client("iam", **anyone)
    people.create_user(UserName="applications")
    people.put_user_policy(UserName="applications", PolicyName="papers", PolicyDocument=json.dumps(ANYTHING))
    key = people.create_access_key(UserName="applications")["AccessKey"]
    boto3.client("s3", **anyone).create_bucket(Bucket=bucket)
    return str(key["AccessKeyId"]), str(key["SecretAccessKey"])
