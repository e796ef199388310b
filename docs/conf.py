"""How Sphinx makes the site: `make docs`.

The guide is the Markdown in this folder, the gallery what `examples/` shows, the reference what docstrings say.
"""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import chapters
import mixtura

logging.getLogger("matplotlib.animation").setLevel(logging.WARNING)  # it tells of every film

project = "Mixtura"
author = "The Mixtura developers"
copyright = author
release = version = mixtura.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "chapters",
    "docstrings",
]
root_doc = "index"
exclude_patterns = ["_*", "gallery/**/*.ipynb", "gallery/**/*.py"]
templates_path = ["_templates"]
default_role = "py:obj"
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Array", "Floats", "Pixels", "Picture", "Bytes", "Rng")}
autodoc_type_aliases |= {"Mixture": "mixtura.Mixture", "Points": "mixtura.Points"}
smartquotes = False
autosummary_generate = True
autosummary_ignore_module_all = False
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": "/",  # all of them are run
    "subsection_order": chapters.FOLDERS,
    "within_subsection_order": "chapters.order",
    "image_scrapers": ("chapters.pictures",),
    "reset_argv": "chapters.arguments",
    "doc_module": ("mixtura",),
    "reference_url": {"mixtura": None},
    "backreferences_dir": "gallery/backreferences",
    "thumbnail_size": (400, 280),
    "remove_config_comments": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
}

html_theme = "furo"
html_title = "Mixtura"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#7a3e8e", "color-brand-content": "#7a3e8e"},
    "dark_css_variables": {"color-brand-primary": "#f0a07a", "color-brand-content": "#f0a07a"},
}
