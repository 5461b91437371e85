"""Verifies a DSSE bundle with sigstore-python and prints the verdict as JSON.

Arguments: files of the trusted root and of the bundle; the identity and its issuer.
"""

import base64
import json
import sys
from pathlib import Path

from sigstore.errors import Error
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity


def main(trusted_root, bundle, identity, issuer):
    try:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(trusted_root))
        payload_type, payload = verifier.verify_dsse(
            Bundle.from_json(Path(bundle).read_bytes()),
            Identity(identity=identity, issuer=issuer),
        )
    except Error as error:
        print(json.dumps({"accepted": False, "reason": str(error)}))
        return
    print(
        json.dumps(
            {
                "accepted": True,
                "payloadType": payload_type,
                "payload": base64.b64encode(payload).decode(),
            }
        )
    )


main(*sys.argv[1:])
