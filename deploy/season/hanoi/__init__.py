"""The season of Hà Nội in 2019 and 2020: councils of districts, province and nation, by 490/QĐ-TTg and 1048/QĐ-TTg."""
