"""Every definition card is complete in both languages and says how to find the others."""

import pytest

from crmlab.definitions import FIELDS, card, definitions
from crmlab.language import set_language, t


@pytest.mark.parametrize("key", definitions())
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_card_has_a_name_and_every_field(key, lang):
    set_language(lang)
    entry = definitions()[key]
    shown = card(key)
    assert entry["name"][lang] in shown
    for field in FIELDS:
        assert entry[field][lang].strip()
        assert f"| **{t('card_' + field)}** | {entry[field][lang]} |" in shown
    assert "|" not in "".join(entry[field][lang] for field in FIELDS)  # it would break the table
    set_language("zh")


def test_an_unknown_card_names_the_known_ones():
    with pytest.raises(KeyError, match="repurchase_rate"):
        card("repurchase")
