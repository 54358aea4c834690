@pytest.fixture(scope="session")
def storage() -> Iterator[dict[str, str]]:
    """The settings with which the app finds its database."""
    with new_database() as address:
        yield {"DATABASE_URL": address}


@pytest.fixture(scope="session")
def migrated(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder to read settings in, once the database is at the newest migration."""
    command.upgrade(Config(toml_file=CONFIG), "head")
    return tmp_path_factory.mktemp("migrated")


