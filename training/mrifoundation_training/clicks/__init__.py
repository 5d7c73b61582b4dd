"""Fitting the readers of marks (`mrifoundation.engine.refinement.reader`) to simulated clicks on labelled training scans."""
