"""Haystacks with known needles: the captioned pictures that the study of quality-tuning needs.

`pictograms` are emoji of five designers and amateur clip art, one designer's glossy renders rare
among them. `scenes` are drawn here, so that the quality of each is known. `groceries` are amateur
photos of fruit and vegetables, with a studio shot of each kind. All become Parquet shards that
imagine.curate reads; every row also says what it is.
"""
