"""The samples of the guide, for those who have installed the package and have no clone."""

from terminal import mixtura

from mixtura.gallery import sample


def test_samples_are_copied(tmp_path):
    record = mixtura("samples", "--json", folder=tmp_path).record
    assert "samples/geyser.csv" in record["outputs"]
    for name in record["outputs"]:
        file = tmp_path / name
        assert file.read_bytes() == sample(file.name).read_bytes()
    said = mixtura("samples", "else/where", folder=tmp_path)
    assert said.code == 0
    assert "else/where/harbour.png" in said.out


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    said = mixtura("samples", "taken", folder=tmp_path)
    assert said.code == 2
    assert said.err == "mixtura: the folder taken cannot be made (File exists): give another one.\n"
