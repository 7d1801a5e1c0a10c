"""What tills of earlier versions said, played to today's centre: it answers them as they know it."""

from pathlib import Path
from types import ModuleType

import pytest

from sync.central import holds, intake
from tests.helpers.postgres import Postgres
from tests.recorded import conversation
from tests.recorded.play import Differs, Player
from tests.recorded.stage import staged

KEPT = conversation.kept()


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_an_old_till_is_answered_as_it_was(path: Path, server: Postgres, tmp_path: Path) -> None:
    kept = conversation.read(path)
    player = Player(kept)
    with staged(server.database(), tmp_path, kept.zone, lambda: player.now) as stage:
        assert player.play(stage) >= 70
        assert stage.alarms() == kept.alarms
        assert stage.points(player.now) == stage.points_by_fold(player.now) == kept.points


@pytest.mark.parametrize(("module", "name", "value"), [(holds, "HOLD_MS", 60_000), (intake, "SLIPS_LEAP", 1)])
def test_another_answer_is_noticed(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, value: int
) -> None:
    kept = conversation.read(KEPT[-1])
    player = Player(kept)
    monkeypatch.setattr(module, name, value)
    with staged(server.database(), tmp_path, kept.zone, lambda: player.now) as stage, pytest.raises(Differs):
        player.play(stage)


def test_there_is_a_conversation_to_be_played() -> None:
    assert [path.stem for path in KEPT] == ["0.1.0"]
