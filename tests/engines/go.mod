module slowburn/engines

go 1.19
