"""How Sphinx makes the site: `make docs`.

The guide is the Markdown in this folder, `tutorials/` scripts that are run as notebooks, the gallery what `examples/`
shows, the reference what docstrings say.
"""

import inspect
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import chapters
import mixtura
import reference

logging.getLogger("matplotlib.animation").setLevel(logging.WARNING)  # it tells of every film

project = "Mixtura"
author = "The Mixtura developers"
copyright = author
release = version = mixtura.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "chapters",
    "lessons",
    "mathml",
    "reference",
]
root_doc = "index"
exclude_patterns = ["_*", "*.py", "paper/*", "gallery/**/*.ipynb", "gallery/**/*.py"]
templates_path = ["_templates"]
default_role = "py:obj"
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}  # docs/tutorials
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
bibtex_default_style = "plain"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings give the types of parameters
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]  # a list in the class's docstring, no entries of their own
napoleon_use_rtype = False
smartquotes = False
autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_context = {"themes": reference.THEMES}
python_maximum_signature_line_length = 80

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": "/",  # all of them are run
    "subsection_order": chapters.FOLDERS,
    "within_subsection_order": "chapters.order",
    "image_scrapers": ("chapters.pictures",),
    "reset_modules": ("matplotlib", "chapters.style"),
    "reset_argv": "chapters.arguments",
    "capture_repr": ("_repr_html_",),  # tables, and no <Axes: ...>
    "doc_module": ("mixtura",),
    "reference_url": {"mixtura": None},
    "backreferences_dir": "gallery/backreferences",
    "thumbnail_size": (400, 280),
    "remove_config_comments": True,
    "download_all_examples": True,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
}

html_theme = "furo"
html_title = "Mixtura"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#7a3e8e", "color-brand-content": "#7a3e8e"},
    "dark_css_variables": {"color-brand-primary": "#f0a07a", "color-brand-content": "#f0a07a"},
}


def skip(app, what, name, thing, skipped, options):
    """Leave out what others document: what scikit-learn's classes bring, fields of named tuples, what is ours."""
    if name in reference.HIDDEN:
        return True
    home = getattr(inspect.unwrap(thing) if callable(thing) else getattr(thing, "fget", None), "__module__", None)
    return True if type(thing).__name__ == "_tuplegetter" or not (home or "mixtura").startswith("mixtura") else None


def setup(app):
    """Sphinx calls this."""
    app.connect("autodoc-skip-member", skip)
