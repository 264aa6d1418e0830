"""Packs the packages into a wheel with nothing but the standard library, so that
pip needs no network."""

import base64
import hashlib
import os
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ("cellnet_api", "nas_201_api", "nats_bench")
NAME = "cellnet_api"
VERSION = "1.0.0"
INFO = "%s-%s.dist-info" % (NAME, VERSION)

METADATA = """Metadata-Version: 2.1
Name: cellnet-api
Version: %s
Summary: nas_201_api and nats_bench, answered by the program cellnet
Requires-Python: >=3.7
""" % VERSION

WHEEL = """Wheel-Version: 1.0
Generator: cellnet
Root-Is-Purelib: true
Tag: py3-none-any
"""


def get_requires_for_build_wheel(config_settings=None):
    return []


def _files():
    for package in PACKAGES:
        for name in sorted(os.listdir(os.path.join(HERE, package))):
            if name.endswith(".py"):
                with open(os.path.join(HERE, package, name), "rb") as f:
                    yield package + "/" + name, f.read()
    yield INFO + "/METADATA", METADATA.encode()
    yield INFO + "/WHEEL", WHEEL.encode()
    yield INFO + "/top_level.txt", ("\n".join(PACKAGES) + "\n").encode()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "%s-%s-py3-none-any.whl" % (NAME, VERSION)
    record = []
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, text in _files():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
            record.append("%s,sha256=%s,%d\n" % (path, digest, len(text)))
            wheel.writestr(path, text)
        record.append(INFO + "/RECORD,,\n")
        wheel.writestr(INFO + "/RECORD", "".join(record))
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("cellnet python DIR writes the sources")
