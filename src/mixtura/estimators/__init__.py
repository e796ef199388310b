"""scikit-learn's face: estimators with its parameters, attributes and words over our mixtures and fits."""
