startPage();
startExpectations();
startTopology();
