"""How passwords are stored and what is too weak."""

import subprocess
import sys
import time
import unicodedata

from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from services.identity import passwords


def test_the_digest_is_argon2id_with_the_parameters_decided():
    assert passwords.hash_password("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=1, max_size=128).filter(lambda text: text.isprintable()))
def test_a_password_matches_its_own_digest_and_no_other(password):
    stored = passwords.hash_password(password)
    assert passwords.matches(stored, password)
    assert not passwords.matches(stored, password + "x")


def test_the_same_letters_typed_on_another_keyboard_match():
    composed = unicodedata.normalize("NFC", "mật khẩu của tôi")
    assert passwords.matches(passwords.hash_password(composed), unicodedata.normalize("NFD", composed))


def test_without_an_account_nothing_matches():
    assert not passwords.matches(None, "anything")


def test_without_an_account_the_answer_takes_as_long():
    stored = passwords.hash_password("x")
    passwords.matches(None, "warm")

    def cost(against):
        times = []
        for _ in range(7):
            started = time.process_time()  # of the processor: what else the machine does is no part of it
            passwords.matches(against, "y")
            times.append(time.process_time() - started)
        return sorted(times)[3]

    assert 1 / 3 < cost(None) / cost(stored) < 3


def test_a_digest_made_with_older_parameters_is_outdated():
    assert passwords.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x"))
    assert not passwords.needs_rehash(passwords.hash_password("x"))


def test_a_broken_digest_matches_nothing():
    assert not passwords.matches("not a digest", "x")


SIGN_INS = """
import eventlet; eventlet.monkey_patch()
from services.identity import passwords

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024

stored = passwords.hash_password("x")
before = held()
pool = eventlet.GreenPool(20)
for _ in range(60):
    pool.spawn(passwords.matches, stored, "x")
pool.waitall()
print(held() - before)
"""


def test_many_sign_ins_leave_a_process_no_larger_than_two_digests_make_it():
    output = subprocess.run([sys.executable, "-c", SIGN_INS], capture_output=True, text=True, check=True)
    assert int(output.stdout) < 3 * 19.5  # MiB
