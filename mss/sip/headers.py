# SPDX-License-Identifier: GPL-2.0-or-later
"""Header field names (RFC 3261 7.3, 20; compact forms of the IANA registry).

The canonical name of a header is its full name in lower case.  The constants below are those names.
"""
from __future__ import annotations

import sys
from typing import Final

ACCEPT: Final = "accept"
ALERT_INFO: Final = "alert-info"
ALLOW: Final = "allow"
ALLOW_EVENTS: Final = "allow-events"
AUTHORIZATION: Final = "authorization"
CALL_ID: Final = "call-id"
CALL_INFO: Final = "call-info"
CONTACT: Final = "contact"
CONTENT_DISPOSITION: Final = "content-disposition"
CONTENT_ENCODING: Final = "content-encoding"
CONTENT_LANGUAGE: Final = "content-language"
CONTENT_LENGTH: Final = "content-length"
CONTENT_TYPE: Final = "content-type"
CSEQ: Final = "cseq"
DATE: Final = "date"
DIVERSION: Final = "diversion"
EVENT: Final = "event"
EXPIRES: Final = "expires"
FROM: Final = "from"
HISTORY_INFO: Final = "history-info"
MAX_FORWARDS: Final = "max-forwards"
MIN_EXPIRES: Final = "min-expires"
MIN_SE: Final = "min-se"
P_ASSERTED_IDENTITY: Final = "p-asserted-identity"
P_PREFERRED_IDENTITY: Final = "p-preferred-identity"
PATH: Final = "path"
PRIVACY: Final = "privacy"
PROXY_AUTHENTICATE: Final = "proxy-authenticate"
PROXY_AUTHORIZATION: Final = "proxy-authorization"
PROXY_REQUIRE: Final = "proxy-require"
RACK: Final = "rack"
REASON: Final = "reason"
RECORD_ROUTE: Final = "record-route"
REFER_SUB: Final = "refer-sub"
REFER_TO: Final = "refer-to"
REFERRED_BY: Final = "referred-by"
REPLACES: Final = "replaces"
REQUIRE: Final = "require"
RETRY_AFTER: Final = "retry-after"
ROUTE: Final = "route"
RSEQ: Final = "rseq"
SERVER: Final = "server"
SERVICE_ROUTE: Final = "service-route"
SESSION_EXPIRES: Final = "session-expires"
SIP_ETAG: Final = "sip-etag"
SIP_IF_MATCH: Final = "sip-if-match"
SUBJECT: Final = "subject"
SUBSCRIPTION_STATE: Final = "subscription-state"
SUPPORTED: Final = "supported"
TIMESTAMP: Final = "timestamp"
TO: Final = "to"
UNSUPPORTED: Final = "unsupported"
USER_AGENT: Final = "user-agent"
VIA: Final = "via"
WARNING: Final = "warning"
WWW_AUTHENTICATE: Final = "www-authenticate"

#: Names as usually written, for the lookup of the parser; other spellings take the slower way.
_WRITTEN: Final = (
    "Accept", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Allow-Events", "Authorization", "Call-ID",
    "Call-Id", "Call-Info", "Contact", "Content-Disposition", "Content-Encoding", "Content-Language",
    "Content-Length", "Content-Type", "CSeq", "Date", "Diversion", "Event", "Expires", "From", "History-Info",
    "Max-Forwards", "Min-Expires", "Min-SE", "MIME-Version", "Organization", "P-Asserted-Identity",
    "P-Preferred-Identity", "Path", "Privacy", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "RAck",
    "Reason", "Record-Route", "Refer-Sub", "Refer-To", "Referred-By", "Replaces", "Require", "Retry-After", "Route",
    "RSeq", "Server", "Service-Route", "Session-Expires", "SIP-ETag", "SIP-If-Match", "Subject",
    "Subscription-State", "Supported", "Timestamp", "To", "Unsupported", "User-Agent", "Via", "Warning",
    "WWW-Authenticate",
)

#: RFC 3261 20, RFC 3265, 3515, 3892, 4028, 3841, 4474, 8224, 3323.
_COMPACT: Final = {
    "a": "accept-contact", "b": REFERRED_BY, "c": CONTENT_TYPE, "d": "request-disposition", "e": CONTENT_ENCODING,
    "f": FROM, "i": CALL_ID, "j": "reject-contact", "k": SUPPORTED, "l": CONTENT_LENGTH, "m": CONTACT,
    "n": "identity-info", "o": EVENT, "r": REFER_TO, "s": SUBJECT, "t": TO, "u": ALLOW_EVENTS, "v": VIA,
    "x": SESSION_EXPIRES, "y": "identity",
}


def _make_known() -> dict[str, str]:
    known: dict[str, str] = {}
    for written in _WRITTEN:
        name = sys.intern(written.lower())
        for form in (written, name, written.upper()):
            known[form] = name
    for short, full in _COMPACT.items():
        name = sys.intern(full)
        known[short] = name
        known[short.upper()] = name
    return known


#: Names as they are usually written -> canonical name.
KNOWN: Final[dict[str, str]] = _make_known()


def canonical(name: str) -> str:
    """Canonical form of a header name in any case, long or compact, with blanks around it."""
    known = KNOWN.get(name)
    if known is not None:
        return known
    lower = name.strip(" \t").lower()
    return KNOWN.get(lower, lower)
