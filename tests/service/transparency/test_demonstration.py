"""The demonstration changes a copy, and the verifier names what was changed."""

from pathlib import Path

from infra.chassis.settings import Settings
from services.applications.transparency.keys import signing_keys
from services.applications.verification.tampering_demo import tamper_with_a_copy
from tests.service.transparency.stores import HISTORY_KEY, SqliteStores, Store


def test_a_changed_copy_is_found_out_and_the_store_stays_whole(tmp_path: Path) -> None:
    store: Store = SqliteStores(tmp_path).empty()
    settings = Settings(
        {
            "APPLICATIONS_DATABASE_URL": store.url,
            "PORTAL_HOME": str(tmp_path),
            "PORTAL_ENVIRONMENT": "development",
            "HISTORY_KEYS": HISTORY_KEY,
        }
    )
    keys = signing_keys(settings)
    store.grow(50)
    store.seal(*keys)
    view = tamper_with_a_copy(settings)
    assert view["before"]["status"] == 0 and view["after"]["status"] == 1
    assert f"sự kiện {view['changed']['notification_id']}," in view["after"]["text"]
    assert "(nội dung)" in view["after"]["text"] and store.verify(*keys).ok
    store.close()
