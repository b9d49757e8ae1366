"""The fixed texts around a one-time password, by language."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "de-DE": "{code} ist Ihr Code für {brand}. Er gilt {minutes} Minuten. Geben Sie ihn nicht weiter.",
    "en-GB": "{code} is your {brand} code. It is valid for {minutes} minutes. Do not share it.",
    "en-US": "{code} is your {brand} code. It is valid for {minutes} minutes. Do not share it.",
    "es-419": "{code} es tu código de {brand}. Es válido por {minutes} minutos. No lo compartas.",
    "es-ES": "{code} es tu código de {brand}. Es válido durante {minutes} minutos. No lo compartas.",
    "fr-CA": "{code} est votre code {brand}. Il est valide {minutes} minutes. Ne le partagez pas.",
    "fr-FR": "{code} est votre code {brand}. Il est valable {minutes} minutes. Ne le communiquez pas.",
    "it-IT": "{code} è il tuo codice {brand}. È valido per {minutes} minuti. Non condividerlo.",
    "ja-JP": "{brand}の認証コードは{code}です。有効期限は{minutes}分です。他人に教えないでください。",
    "ko-KR": "{brand} 인증 코드는 {code}입니다. {minutes}분 동안 유효합니다. 다른 사람과 공유하지 마세요.",
    "pt-BR": "{code} é o seu código {brand}. Ele é válido por {minutes} minutos. Não o compartilhe.",
    "zh-CN": "您的{brand}验证码是{code},{minutes}分钟内有效。请勿告诉他人。",
    "zh-TW": "您的{brand}驗證碼是{code},{minutes}分鐘內有效。請勿告訴他人。",
}
