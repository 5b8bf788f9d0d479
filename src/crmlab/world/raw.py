"""raw/"""


def raw_files(world) -> dict[str, bytes]:
    return {}
