"""The same library on a real S3-protocol server on loopback as in a folder."""

import logging

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mrifoundation.library import Library, Question


@pytest.fixture
def bucket(monkeypatch):
    """URI of an empty bucket; credentials and address reach Lance as they would on a cluster, by the environment."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line a request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT": address,
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="archive")
    yield "s3://archive/library"
    server.stop()


def told(library):
    cases = [case.to_dict() for case in library.cases()[0]]
    return sorted(cases, key=lambda case: case["case"])


def test_a_library_in_an_object_store_equals_one_in_a_folder(bucket, archive, reading_engine, filled_reading):
    there = Library.open(bucket, reading_engine)
    report = there.add([archive], "made", profile="fast")
    again = Library.open(bucket, reading_engine)
    assert report.added == len(told(filled_reading)) and told(again) == told(filled_reading)
    question = Question(embedding=reading_engine.embed_text("MRI of a brain"), words="glioma", k=3)
    assert [(hit.case.case, hit.score) for hit in again.search(question).hits] == [
        (hit.case.case, hit.score) for hit in filled_reading.search(question).hits
    ]
    case = told(again)[0]["case"]
    assert again.thumbnail(case) == filled_reading.thumbnail(case)
    assert again.add([archive], "made", profile="fast").added == 0
    assert again.remove(collection="made") == report.added
    assert Library.open(bucket).cases() == ([], 0)
