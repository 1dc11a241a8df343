"""A green process looks host names up on the hub, and imports the resolver only when there is a name."""

import subprocess
import sys

PROGRAM = """
import socket, sys
from infra.cli.main import patch
patch()
patch()
digits = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][4], socket.getaddrinfo("::1", 80)[0][4][0]
before = "dns" in sys.modules
name = socket.getaddrinfo("localhost", 80, socket.AF_INET, socket.SOCK_STREAM)[0][4]
print(digits, before, name, "eventlet.support.greendns" in sys.modules)
"""


def test_an_address_in_digits_needs_no_resolver_and_a_name_is_looked_up_by_that_of_the_hub() -> None:
    looked_up = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert looked_up.stdout.strip() == "(('127.0.0.1', 80), '::1') False ('127.0.0.1', 80) True"
