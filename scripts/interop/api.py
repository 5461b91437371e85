"""Calls the reference's Python API, for what its command line does not offer.

api.py sign MODEL SIGNATURE PRIVATE_KEY HASHING
api.py verify MODEL SIGNATURE PUBLIC_KEY HASHING

HASHING is "files ALGORITHM", "shards ALGORITHM SIZE", or, to verify, "guessed" from the bundle.
"""

import pathlib
import sys

from model_signing import hashing, signing, verifying


def hashing_config(words):
    if words == "guessed":
        return None
    method, algorithm, *size = words.split()
    if method == "shards":
        return hashing.Config().use_shard_serialization(
            hashing_algorithm=algorithm, shard_size=int(size[0])
        )
    return hashing.Config().use_file_serialization(hashing_algorithm=algorithm)


def main(action, model, signature, key, words):
    if action == "sign":
        config = signing.Config().use_elliptic_key_signer(private_key=key)
        call = config.sign
    else:
        config = verifying.Config().use_elliptic_key_verifier(public_key=key)
        call = config.verify
    chosen = hashing_config(words)
    if chosen is not None:
        config.set_hashing_config(chosen)
    call(pathlib.Path(model), pathlib.Path(signature))


try:
    main(*sys.argv[1:])
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
