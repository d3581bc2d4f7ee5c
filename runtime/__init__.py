"""Compile, load, launch, check and time a bundle; needs no other part of Twill."""
