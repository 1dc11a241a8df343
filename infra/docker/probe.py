"""The health check of a container: is what runs here ready? Exit 0 if so; otherwise says which check failed.

Standard library only and started without site-packages: it runs every few seconds next to each process.
"""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    own = f"http://127.0.0.1:{os.environ.get('OPERATIONS_PORT', '9000')}/readyz"
    url = sys.argv[1] if len(sys.argv) > 1 else own
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310 - our own port
            return 0 if answer.status == 200 else 1
    except urllib.error.HTTPError as refused:
        sys.stdout.write(refused.read(1000).decode(errors="replace"))
    except OSError as error:
        sys.stdout.write(str(error))
    return 1


if __name__ == "__main__":
    sys.exit(main())
