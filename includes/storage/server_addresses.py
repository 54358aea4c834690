def database_for(folder: Path, migrated: Path) -> None:
    """Let an app that is started in a folder find a database: a variable tells it where."""
    assert folder.exists()
    assert migrated.exists()


def address_in(folder: Path) -> str:
    """Return the address of that database."""
    assert folder.exists()
    return os.environ["DATABASE_URL"]


@pytest.fixture
def empty_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database without tables, where the app's settings point to."""
    with new_database() as address:
        change_settings(monkeypatch, DATABASE_URL=address)
        yield


@pytest.fixture
def another_database() -> Iterator[str]:
    """The address of a database at the newest migration, other than the app's."""
    with new_database() as address, pytest.MonkeyPatch.context() as patch:
        change_settings(patch, DATABASE_URL=address)
        command.upgrade(Config(toml_file=CONFIG), "head")
        patch.undo()
        Settings.forget()
        yield address


