"""Calls the reference's public API for one job, given as JSON: what its command line cannot do.

It has no command that prints a digest, and no options for algorithms, shards and workers. Where
"workers" is null, it chooses itself, as its command line lets it.
"""

import hashlib
import json
import pathlib
import sys

from model_signing import hashing, signing, verifying


def hashing_config(job):
    options = {"hashing_algorithm": job["hash"], "max_workers": job["workers"]}
    if job["shardSize"] is None:
        return hashing.Config().use_file_serialization(**options)
    return hashing.Config().use_shard_serialization(shard_size=job["shardSize"], **options)


def digest(job):
    root = hashlib.sha256()
    for resource in hashing_config(job).hash(job["model"]).resource_descriptors():
        root.update(resource.digest.digest_value)
    print("sha256:" + root.hexdigest())


def sign(job):
    config = signing.Config().use_elliptic_key_signer(private_key=job["privateKey"])
    config.set_hashing_config(hashing_config(job))
    config.sign(pathlib.Path(job["model"]), pathlib.Path(job["signature"]))


def verify(job):
    config = verifying.Config().use_elliptic_key_verifier(public_key=job["publicKey"])
    config.set_hashing_config(hashing_config(job))
    config.verify(pathlib.Path(job["model"]), pathlib.Path(job["signature"]))


job = json.loads(sys.argv[1])
{"digest": digest, "sign key": sign, "verify key": verify}[job["task"]](job)
