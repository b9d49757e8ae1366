"""Which voice speaks: Pinpoint names Amazon Polly's voices and languages, End User Messaging only voices.

See https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendVoiceMessage.html and
https://docs.aws.amazon.com/polly/latest/dg/available-voices.html
"""

from typing import Final

from engine import choices
from engine.errors import BadRequest

_BY_LANGUAGE: Final = {
    "arb": "ZEINA",
    "cmn-CN": "ZHIYU",
    "cy-GB": "GWYNETH",
    "da-DK": "NAJA",
    "de-DE": "MARLENE",
    "en-AU": "NICOLE",
    "en-GB": "AMY",
    "en-GB-WLS": "GERAINT",
    "en-IN": "RAVEENA",
    "en-US": "MATTHEW",
    "es-ES": "LUCIA",
    "es-MX": "MIA",
    "es-US": "LUPE",
    "fr-CA": "CHANTAL",
    "fr-FR": "CELINE",
    "is-IS": "DORA",
    "it-IT": "CARLA",
    "ja-JP": "MIZUKI",
    "ko-KR": "SEOYEON",
    "nb-NO": "LIV",
    "nl-NL": "LOTTE",
    "pl-PL": "EWA",
    "pt-BR": "CAMILA",
    "pt-PT": "INES",
    "ro-RO": "CARMEN",
    "ru-RU": "TATYANA",
    "sv-SE": "ASTRID",
    "tr-TR": "FILIZ",
}


def voice_of(voice_id: str | None, language: str | None) -> str | None:
    """The voice of a message; None leaves it to End User Messaging.

    Args:
        voice_id: Such as `Joanna`; End User Messaging says whether it has it.
        language: Such as `en-US`; it counts where no voice is named.

    Raises:
        BadRequest: No voice speaks this language.
    """
    if voice_id:
        return voice_id.upper()
    if not language or not choices.LANGUAGE_CHOOSES_THE_VOICE:
        return None
    if language not in _BY_LANGUAGE:
        raise BadRequest(
            f"VoiceMessage.LanguageCode must be one of {', '.join(_BY_LANGUAGE)}, got {language[:20]!r}: or "
            "name a VoiceId"
        )
    return _BY_LANGUAGE[language]
